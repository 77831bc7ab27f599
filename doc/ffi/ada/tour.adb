--  The tour of doc/ffi/README.md in Ada.
with Ada.Exceptions; use Ada.Exceptions;
with Ada.Text_IO; use Ada.Text_IO;
with Genmod; use Genmod;
with Interfaces; use Interfaces;
with Interfaces.C; use Interfaces.C;
with System; use System;
with Watching; use Watching;

procedure Tour is
   N : constant := 200;
   type Matrix is array (size_t range <>, size_t range <>) of aliased double
   with Convention => C; --  row by row
   type Bytes is array (size_t range <>) of aliased Unsigned_8;

   W : Handle := Null_Address;

   procedure Need (Code : Status) is
   begin
      Need (Code, W);
   end Need;

   procedure Set (Config : Handle; Key, Text : String) is
   begin
      Need (Config_Set_Str (Config, To_C (Key), To_C (Text), W));
   end Set;

   function Image (Count : Integer) return String is
      Text : constant String := Integer'Image (Count);
   begin
      return Text (Text'First + 1 .. Text'Last);
   end Image;

   procedure Print_Rows (Family : String; Rows : Matrix) is
      Digit : constant String := "0123456789abcdef";
      Raw   : Bytes (1 .. 64) with Import, Address => Rows'Address;
   begin
      Put (Family & " ");
      for B of Raw loop
         Put (Digit (Natural (B) / 16 + 1) & Digit (Natural (B) mod 16 + 1));
      end loop;
      New_Line;
   end Print_Rows;

   procedure Tour_Gmm (Config, Rows : Handle) is
      Model, Loaded : Handle;
      Size          : size_t;
      Code          : Status;
      Drawn         : Matrix (1 .. 4, 1 .. 2);
   begin
      Need (Gmm_New (Config, Model, W));
      Need (Gmm_Fit (Model, Rows, null, Null_Address, W));
      Code := Gmm_Save (Model, 0, Null_Address, Size, W); --  tells the size
      pragma Assert (Code /= 0);
      declare
         File : Bytes (1 .. Size);
      begin
         Need (Gmm_Save (Model, Size, File'Address, Size, W));
         Need (Gmm_New (Null_Address, Loaded, W));
         Need (Gmm_Load (Loaded, Size, File'Address, W));
      end;
      Need (Gmm_Sample (Loaded, 7, 0, 4, F64, 64, Drawn'Address, Null_Address, W));
      Print_Rows ("gmm", Drawn);
      Gmm_Free (Loaded);
      Gmm_Free (Model);
   end Tour_Gmm;

   procedure Tour_Vae (Config, Rows : Handle) is
      Model, Loaded : Handle;
      Calls         : aliased Natural := 0;
      Size          : size_t;
      Code          : Status;
      Drawn         : Matrix (1 .. 4, 1 .. 2);
   begin
      Need (Vae_New (Config, Model, W));
      Need
        (Vae_Fit
           (Model, Rows, Null_Address, Watch'Access,
            Calls'Address, W));
      Put_Line
        ("vae stopped after " & Image (Integer (Epochs (Vae_Report (Model))))
         & " passes, " & Image (Calls) & " calls");
      Code := Vae_Save (Model, 0, Null_Address, Size, W);
      pragma Assert (Code /= 0);
      declare
         File : Bytes (1 .. Size);
      begin
         Need (Vae_Save (Model, Size, File'Address, Size, W));
         Need (Vae_New (Null_Address, Loaded, W));
         Need (Vae_Load (Loaded, Size, File'Address, W));
      end;
      Need
        (Vae_Sample
           (Loaded, 7, 0, 4, Draw, Null_Address, F64, 64, Drawn'Address, W));
      Print_Rows ("vae", Drawn);
      Vae_Free (Loaded);
      Vae_Free (Model);
   end Tour_Vae;

   X                          : Matrix (0 .. N - 1, 0 .. 1);
   Rows, Mixture, Autoencoder : Handle;
begin
   for I in X'Range (1) loop
      X (I, 0) := double (37 * I mod 101) / 16.0 + double (8 * (I mod 2));
      X (I, 1) := double (53 * I mod 97) / 16.0 + double (4 * (I mod 2));
   end loop;
   Need (Workspace_New (Null_Address, W));
   Put_Line ("version " & Image (Integer (Version)));
   Need (Data_New (Rows, W));
   Need (Data_Set_Rows (Rows, F64, N, 2, X'Address, 0, 0, W));

   Need (Gmm_Config_New (Mixture, W));
   begin
      Set (Mixture, "componets", "2");
   exception
      when Mistake : Failure =>
         Put_Line ("error " & Exception_Message (Mistake));
   end;
   Set (Mixture, "components", "2");
   Tour_Gmm (Mixture, Rows);

   Need (Vae_Config_New (Autoencoder, W));
   Set (Autoencoder, "encoder", "dense 8; tanh");
   Set (Autoencoder, "code", "1");
   Set (Autoencoder, "batch_size", "50");
   Tour_Vae (Autoencoder, Rows);

   Data_Free (Rows);
   Config_Free (Autoencoder);
   Config_Free (Mixture);
   Workspace_Free (W);
end Tour;
