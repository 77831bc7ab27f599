package body Watching is
   function Epochs (Report : Address) return double is
      Passes : double;
   begin
      Need (Report_Get (Report, To_C ("epochs"), Passes), Null_Address);
      return Passes;
   end Epochs;

   --  No exception may cross C: it becomes a negative status.
   function Watch (Report, User : Address) return Status is
      Calls : Natural with Import, Address => User;
   begin
      Calls := Calls + 1;
      return (if Epochs (Report) >= 2.0 then 1 else 0);
   exception
      when others =>
         return -1;
   end Watch;
end Watching;
